INSERT INTO staff VALUES (90, 50, 'ninety'), (80, 90, 'eighty'), (10, 80, 'ten'), (60, 60, 'own boss');
