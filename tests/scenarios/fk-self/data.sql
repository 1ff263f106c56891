INSERT INTO staff VALUES (50, NULL, 'head'), (40, 50, 'forty'), (45, 40, 'forty-five');
