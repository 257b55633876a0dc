"""What the recorder decides, as pure functions and their facts. Nothing here waits, reads a clock or touches a device."""
