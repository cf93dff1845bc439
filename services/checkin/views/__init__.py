"""What readers of the field are told, from what the journal keeps. Pure."""
