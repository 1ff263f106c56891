SET sql_mode = '';
INSERT INTO t VALUES (1, 'no such member'), (2, '');
