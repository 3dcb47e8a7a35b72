"""The planning workbook of Amplitude's guide, made from observed calls, and the plan that quality is measured by."""
