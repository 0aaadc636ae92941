"""Tools that people would use instead; these modules run in an environment of their own, with nothing of ours."""
