INSERT INTO zparent VALUES (5, 5), (6, 6); INSERT INTO achild VALUES (5, 5, 5), (6, 6, 6); UPDATE achild SET parent = 5 WHERE id = 2;
