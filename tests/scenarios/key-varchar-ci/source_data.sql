INSERT INTO t VALUES ('abc', 1), ('café', 2), ('space', 3), ('same', 4), ('only source', 5), ('both', 6), ('😀', 7);
