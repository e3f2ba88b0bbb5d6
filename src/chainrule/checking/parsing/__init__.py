"""From a file as people write it to what it says, before anybody asks what it means."""
