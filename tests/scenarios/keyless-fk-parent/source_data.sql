INSERT INTO zparent VALUES ('c', 3), (NULL, 1); INSERT INTO achild VALUES (3, 'c'); UPDATE achild SET code = 'c' WHERE id = 2;
