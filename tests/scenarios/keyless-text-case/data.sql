INSERT INTO t (a, l) VALUES ('anna', 'x'), ('ANNA', 'x'), ('anna ', 'x'), ('änna', 'x'), ('😀', 'x'), ('', 'x'), (NULL, 'x');
