INSERT INTO t VALUES ('a', 3), ('B', 10), ('c', 4), ('D', 2), ('f', 6);
