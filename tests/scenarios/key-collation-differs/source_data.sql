INSERT INTO t VALUES ('B', 1), ('D', 2), ('a', 3), ('c', 4), ('E', 5);
