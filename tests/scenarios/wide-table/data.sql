INSERT INTO t (id, c000, c001, c119) VALUES (1, 1, 'one', '2020-01-01'), (2, 2, 'two', NULL), (3, 3, 'three', NULL);
