INSERT INTO t VALUES ('a', 4, 30, 1), ('b', 9, 40, 2);
