"""One take on its way from the camera to the vault. Knows neither families nor consent."""
