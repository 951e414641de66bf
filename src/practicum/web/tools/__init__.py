"""The practitioner's pages: forms from schemas, plans, runs, models, reports."""
