INSERT INTO zparent VALUES (4, 1), (4, 2); INSERT INTO achild VALUES (4, 4);
