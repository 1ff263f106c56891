INSERT INTO t VALUES (1, NULL, 'x'), (2, '', 'x'), (3, 'NULL', 'x'), (4, 'x', NULL), (5, 'x', ''), (6, 'x', 'NULL'), (7, NULL, '');
