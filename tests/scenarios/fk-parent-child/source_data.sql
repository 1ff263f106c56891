INSERT INTO zparent VALUES (3, 3), (4, 4); INSERT INTO achild VALUES (3, 3, 3), (4, 4, 4);
