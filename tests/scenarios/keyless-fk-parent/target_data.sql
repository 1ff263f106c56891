INSERT INTO zparent VALUES ('d', 4), (NULL, 2); INSERT INTO achild VALUES (4, 'd');
