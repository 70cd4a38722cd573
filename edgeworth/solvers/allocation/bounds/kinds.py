"""The names of the certificates, as the checker knows them."""

CAPACITY_MULTIPLIERS = "capacity-multipliers"
ASSIGNMENT_MULTIPLIERS = "assignment-multipliers"
SURROGATE = "surrogate-knapsack"
BRANCH_TREE = "branch-tree"
SET_ENUMERATION = "set-enumeration"
