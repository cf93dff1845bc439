"""What readers are shown: pure functions of a picture, a moment and the reader's sight."""
