"""The built-in registry: a clinic's book of visits for those who have no MIS. A MIS like any other."""
