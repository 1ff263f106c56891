INSERT INTO t VALUES ('a', 'bc', 1), ('ab', 'c', 2), ('', 'abc', 3), ('abc', '', 4), ('a,b', 'c', 5), ('a', 'b,c', 6);
