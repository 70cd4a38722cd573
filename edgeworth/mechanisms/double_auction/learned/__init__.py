"""Learning in double auctions: bidders that learn, prices that were trained, a network as a rule, and its exact regret."""
