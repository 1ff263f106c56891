INSERT INTO zparent VALUES ('a', 1); INSERT INTO achild VALUES (1, 'a');
