"""The relational stage: our nine tables against those of the published stage, and the MOOCdb tables made from either."""
