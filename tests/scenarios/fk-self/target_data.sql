INSERT INTO staff VALUES (30, 50, 'thirty'), (20, 30, 'twenty'), (70, 20, 'seventy'); UPDATE staff SET boss = 70 WHERE id = 45;
