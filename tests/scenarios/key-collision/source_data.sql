INSERT INTO t VALUES ('a', 1), ('A', 2), ('b', 3);
