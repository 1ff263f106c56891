INSERT INTO t VALUES ('a', 1, 1), ('b', 1, 2), ('a', 2, 3);
