"""The blind arena: two models of the store answer, a person votes, the ranking follows."""
