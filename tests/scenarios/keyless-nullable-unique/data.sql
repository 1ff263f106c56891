INSERT INTO t (a, b) VALUES (NULL, 'x'), (NULL, 'x'), (2, 'y'), (3, 'z');
INSERT INTO t (a, b, u, v) VALUES (NULL, 'w', 'k', NULL), (NULL, 'w', 'k', NULL), (NULL, 'w', NULL, 1);
