INSERT INTO t VALUES (1, 'a', 'bc', 1, 23), (2, 'abc', '', 1, 23), (3, '2', '1', 0, 0);
