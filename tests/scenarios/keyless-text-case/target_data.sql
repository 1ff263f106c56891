INSERT INTO t (a, l) VALUES ('Anna', 'x'), ('anna', 'x'), ('anna  ', 'x'), ('é', 'x'), ('ß', 'x'), ('😀', 'x'), ('', 'x'), (NULL, 'e'), ('e', 'e'), ('NULL', NULL);
INSERT INTO t VALUES ('long', 'x', REPEAT('A', 200)), ('long', 'x', CONCAT(REPEAT('a', 200), '  ')), ('long', 'x', REPEAT('e', 200)), ('x''y\\z', '"', 'a\0b\nc'), ('a', x'81', 'q');
