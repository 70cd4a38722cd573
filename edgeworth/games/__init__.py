"""Games: computing-power trading, offloading, finite games."""
