"""What every benchmark is measured with: contestants in processes of their own, figures, the machine, the report."""
