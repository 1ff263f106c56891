INSERT INTO zparent VALUES ('a', 1), (NULL, 1), (NULL, 1), ('b', 2); INSERT INTO achild VALUES (1, 'a'), (2, 'b');
