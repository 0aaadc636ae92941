"""Speed and memory as ratios against the physical limit and a peer, measured in one run."""
