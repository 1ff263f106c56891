INSERT INTO zparent VALUES (1, 1), (1, 2), (1, 2), (2, 2); INSERT INTO achild VALUES (1, 1);
