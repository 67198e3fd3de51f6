"""From pandas to arrays and back: series in any format, their index, covariates and seasons."""
