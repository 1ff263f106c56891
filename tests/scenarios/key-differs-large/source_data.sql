INSERT INTO t VALUES ('abcdef', 1), ('ghijkl', 2);
