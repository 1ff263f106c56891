INSERT INTO t VALUES (1, 'ab', 'c', 1, 23), (2, 'abc', '', 12, 3), (3, '1', '2', 0, 0);
