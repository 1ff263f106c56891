SET sql_mode = '';
INSERT INTO t VALUES (1, ''), (2, 'no such member');
