INSERT INTO zparent VALUES (3, 1), (3, 1); INSERT INTO achild VALUES (3, 3);
