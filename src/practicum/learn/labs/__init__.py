"""Labs: a script with holes, the checks that judge it, and the process they run in."""
