INSERT INTO t (a, l) VALUES ('ANNA', 'x'), ('anna ', 'x'), ('anna ', 'x'), ('e', 'x'), ('ss', 'x'), ('😁', 'x'), (' ', 'x'), (NULL, 'é'), ('e', 'E '), ('null', NULL);
INSERT INTO t VALUES ('long', 'x', REPEAT('a', 200)), ('long', 'x', CONCAT(REPEAT('a', 200), ' ')), ('long', 'x', REPEAT('é', 200)), ('x''y\\z', '"', 'a\0b\r\nc'), ('a', x'80', 'q');
