INSERT INTO t VALUES (1, 1, 'one', 'x'), (2, -2147483648, 'two', NULL);
