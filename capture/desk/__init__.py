"""What the page may ask of the daemon, verb by verb. Decides nothing about filming: that is the recorder's."""
