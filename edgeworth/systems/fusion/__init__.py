"""FUSION end to end: forecast, auction of UAV visits, offloading game, settlement; one frozen record a run."""
