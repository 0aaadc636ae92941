"""The questions, one file a family. Live things arrive through fixtures."""
