"""Tables in, arrays out and back: series in any form, their labels, covariates and seasons."""
