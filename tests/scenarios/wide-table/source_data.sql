INSERT INTO t (id, c118) VALUES (4, 'last but one');
