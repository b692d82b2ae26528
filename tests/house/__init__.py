"""The rules of the house: who may import whom, what is shipped, what loads, what is typed."""
