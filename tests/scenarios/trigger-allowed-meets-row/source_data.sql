INSERT INTO film VALUES (2, 'two'), (3, 'trois');
